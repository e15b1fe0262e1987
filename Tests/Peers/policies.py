"""What the templates of `deploy/` allow."""

import pathlib

import yaml

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


class Templates(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands in them."""


Templates.add_multi_constructor("!", lambda loader, _, node: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode)
    else loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode)
    else loader.construct_mapping(node, deep=True)))


def resources_of(template):
    return yaml.load((DEPLOY / f"{template}.yaml").read_text(), Templates)["Resources"]


def statements(document, without=()):
    """The actions of a policy, but for those of some statements."""
    for statement in document["Statement"]:
        if statement.get("Sid") not in without:
            actions = statement["Action"]
            yield from actions if isinstance(actions, list) else [actions]


# Operations whose permission has another name, and services.
NAMES = {"Converse": "bedrock:InvokeModel", "ConverseStream": "bedrock:InvokeModelWithResponseStream"}
SERVICES = {"bedrock-agentcore-control": "bedrock-agentcore"}
# There is no permission for a transaction, only for what is done in it.
IN_TRANSACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def actions(entry):
    """What a request that the peer was sent needs to be allowed."""
    service, name = entry["service"], entry["operation"]
    if name == "TransactWriteItems":
        return [f"dynamodb:{IN_TRANSACTIONS[kind]}" for item in entry["params"]["TransactItems"] for kind in item]
    return [NAMES.get(name, f"{SERVICES.get(service, service)}:{name}")]
