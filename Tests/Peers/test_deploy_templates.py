"""Checks the CloudFormation templates of `deploy/` with cfn-lint, to find what a region doesn't support before a
deployment."""

import json
import pathlib
import subprocess
import sys

import pytest

from policies import resources_of

TEMPLATES = sorted((pathlib.Path(__file__).parents[2] / "deploy").glob("*.yaml"))


# The second region lacks parts of AgentCore and is checked nightly.
@pytest.mark.parametrize("region", ["ap-southeast-2", pytest.param("ap-southeast-5", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_template_is_one_that_the_region_takes(template, region):
    command = [pathlib.Path(sys.executable).with_name("cfn-lint"), "--regions", region, "--template", template]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_image_expires_that_a_tag_still_names():
    rules = [
        rule for each in resources_of("foundation").values() if each["Type"] == "AWS::ECR::Repository"
        for rule in json.loads(each["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]]
    assert len(rules) == 2 and {rule["selection"]["tagStatus"] for rule in rules} == {"untagged"}
