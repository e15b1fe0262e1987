"""The runtime's image, from the root file system that the Dockerfile gathers: what is in it, and how it runs."""

import gzip
import io
import pathlib
import signal
import stat
import subprocess
import tarfile

import pytest
import requests

from container import DEADLINE, ROOT, free_port, start, start_with_input, wait_until_healthy

MOST_BYTES = 30_000_000


def files():
    return [path for path in ROOT.rglob("*") if path.is_file() and not path.is_symlink()]


@pytest.fixture(scope="module")
def runtime():
    """The image's program, as a container."""
    port = free_port()
    process = start(port)
    url = f"http://127.0.0.1:{port}"
    wait_until_healthy(process, port)
    yield url, process, port
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output


# What is in it

def test_image_is_small():
    """As layers are sent: one tar, compressed."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6) as compressed:
        with tarfile.open(fileobj=compressed, mode="w|") as archive:
            archive.add(ROOT, "/")
    assert buffer.tell() <= MOST_BYTES, f"{buffer.tell():,} bytes"


def test_image_has_no_shell_and_nothing_that_gives_rights():
    programs = {path.name for path in files() if path.parent.name in ("bin", "sbin")}
    assert programs == {"ai4ai-runtime", "pdfinfo", "pdftotext", "pdftoppm"}
    assert not [path for path in files() if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]


def test_all_that_the_program_links_is_there_and_nothing_else():
    def linked(program):
        needed = subprocess.run(["ldd", ROOT / "usr/bin" / program], capture_output=True, text=True, check=True).stdout
        words = (word for line in needed.splitlines() for word in line.split())
        return {pathlib.Path(word).name for word in words if word.startswith("/")}

    own = linked("ai4ai-runtime")
    libraries = own | linked("pdfinfo") | linked("pdftotext") | linked("pdftoppm")
    present = {path.name for path in files() if ".so" in path.name}
    assert present == libraries
    assert not {name for name in own if "ssl" in name or "curl" in name or "Foundation" in name or "swift" in name}


def test_licences_and_certificates_come_with_it():
    licences = {path.name for path in (ROOT / "usr/share/licenses").iterdir()}
    assert {"ai4ai", "swift-nio", "swift-nio-ssl", "async-http-client", "libc6", "libstdc++6", "poppler-utils"} <= licences
    assert (ROOT / "etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE") > 50


# How it runs

PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 5 0 R
/Resources << /Font << /F 4 0 R >> >> >> endobj
4 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
5 0 obj << /Length 40 >> stream
BT /F 12 Tf 20 100 Td (Amount paid) Tj ET
endstream endobj
trailer << /Root 1 0 R >>
"""


def test_pdf_is_read_by_a_program_with_few_rights():
    process = start_with_input("confined", "/usr/bin/pdftotext", "-", "-")
    output, errors = process.communicate(PDF, timeout=DEADLINE)
    assert process.returncode == 0 and b"Amount paid" in output, errors


def test_page_of_a_pdf_is_drawn_for_models_that_see():
    process = start_with_input(
        "confined", "/usr/bin/pdftoppm", "-q", "-jpeg", "-f", "1", "-l", "1", "-scale-to", "1100", "-")
    output, errors = process.communicate(PDF, timeout=DEADLINE)
    assert process.returncode == 0 and output.startswith(b"\xff\xd8\xff"), errors


def test_container_answers_its_platform(runtime):
    url, _, _ = runtime
    answer = requests.get(f"{url}/ping", timeout=DEADLINE)
    assert answer.status_code == 200 and answer.json()["status"] == "Healthy"


def test_container_runs_as_a_number_without_rights(runtime):
    _, process, _ = runtime
    status = dict(
        line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if ":\t" in line)
    assert status["Uid"].split() == ["1000"] * 4 and status["Gid"].split() == ["1000"] * 4
    assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1"


def test_container_answers_a_prompt(runtime):
    url, _, _ = runtime
    answer = requests.post(
        f"{url}/invocations", json={"prompt": "hello", "user_id": "somebody"}, timeout=DEADLINE,
        headers={"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "image-test-session-0123456789abcdef"})
    assert answer.status_code == 200 and answer.json()["status"] == "completed", answer.text


def test_health_check_of_the_image_tells_the_truth(runtime):
    _, _, port = runtime
    well = start(port, "healthcheck")
    assert well.wait(DEADLINE) == 0
    ill = start(free_port(), "healthcheck")
    assert ill.wait(DEADLINE) == 1


def test_wrong_setting_ends_the_container_with_a_reason():
    process = start(free_port(), AI4AI_MAX_STEPS="many")
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1 and "AI4AI_MAX_STEPS" in output and "many" in output
