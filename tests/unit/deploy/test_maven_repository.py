import subprocess
import sys
from pathlib import Path

from deploy.local.kafka.repository import configured_mirror, repository_address

ROOT = Path(__file__).parents[3]
MIRROR = """
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
  <mirrors>
    <mirror><id>blocker</id><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
    <mirror><id>plugins</id><mirrorOf>plugins</mirrorOf><url>https://plugins.example/maven</url></mirror>
    <mirror><id>ours</id><mirrorOf>snapshots, central</mirrorOf><url>https://mirror.example/maven</url></mirror>
  </mirrors>
</settings>
"""


def test_the_mirror_of_the_public_repository_is_found_among_others() -> None:
    assert configured_mirror(MIRROR) == "https://mirror.example/maven"


def test_settings_without_a_mirror_name_none() -> None:
    assert configured_mirror("<settings><mirrors/></settings>") is None


def test_the_environment_wins_over_the_settings_file(tmp_path: Path) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text(MIRROR)

    assert repository_address({"MAVEN_REPOSITORY": "https://named.example"}, [settings]) == "https://named.example"
    assert repository_address({}, [tmp_path / "absent.xml", settings]) == "https://mirror.example/maven"


def test_without_any_setting_the_public_default_is_known() -> None:
    assert repository_address({}, []).startswith("https://")


def test_a_user_without_a_home_has_no_settings_of_their_own() -> None:
    homeless = "import os, pwd; pwd.getpwuid = {}.__getitem__; os.environ.pop('HOME', None)"
    ask = "from deploy.local.kafka.repository import repository_address; print(repository_address({}))"
    command = [sys.executable, "-c", f"{homeless}; {ask}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
