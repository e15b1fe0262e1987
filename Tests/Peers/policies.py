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
