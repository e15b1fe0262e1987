"""The permissions that the templates in `deploy/` grant."""

import pathlib

import yaml

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


class Templates(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their arguments."""


Templates.add_multi_constructor("!", lambda loader, _, node: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode)
    else loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode)
    else loader.construct_mapping(node, deep=True)))


def resources_of(template):
    return yaml.load((DEPLOY / f"{template}.yaml").read_text(), Templates)["Resources"]


def statements(document, without=()):
    """The actions of a policy, except for those of some statements."""
    for statement in document["Statement"]:
        if statement.get("Sid") not in without:
            actions = statement["Action"]
            yield from actions if isinstance(actions, list) else [actions]


# Operations and services whose permission has another name.
NAMES = {
    "Converse": "bedrock:InvokeModel", "ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "ListObjectsV2": "s3:ListBucket"}
SERVICES = {"bedrock-agentcore-control": "bedrock-agentcore"}
# There is no permission for a transaction, only for the operations in it.
IN_TRANSACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def actions(entry):
    """The permissions that a received request needs."""
    service, name = entry["service"], entry["operation"]
    if name == "TransactWriteItems":
        return [f"dynamodb:{IN_TRANSACTIONS[kind]}" for item in entry["params"]["TransactItems"] for kind in item]
    return [NAMES.get(name, f"{SERVICES.get(service, service)}:{name}")]
