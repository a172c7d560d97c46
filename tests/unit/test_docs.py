# SPDX-License-Identifier: Apache-2.0
"""What programs say of themselves against what is written about them: each command and option of --help stands in its man page,
and each English text has a Chinese one."""
import re
import subprocess

import pytest
from api import Contract
from world import BUILD, ROOT, call, env

PROGRAMS = ["huika", "huika-terminal", "huika-admin", "huika-service"]


def page(program):
    """The rendered page, on one line."""
    done = subprocess.run(["man", "--warnings", "-l", ROOT / "docs" / "man" / f"{program}.1"], capture_output=True, text=True,
                          check=False, env=env(MANWIDTH="200", MAN_KEEP_FORMATTING="", GROFF_NO_SGR="1"))
    assert done.returncode == 0 and not done.stderr, done.stderr
    return re.sub(r"\s+", " ", re.sub(".\b", "", done.stdout))


def commands(program):
    """Each command of --help, by its words: what stands before arguments in capitals, brackets or the description."""
    for line in call(BUILD / program, "--help").out.splitlines():
        m = re.match(r"  ([a-z][a-z-]*(?: [a-z]+)?)(?: [A-Z\[(][^ ]*(?: [A-Z]+)*)?  +\S", line)
        if m:
            yield m.group(1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_man_page_has_every_command_and_option(program):
    text, found = page(program), list(commands(program))
    assert len(found) >= 2, "the help has commands"
    for command in found:
        assert re.search(rf"(?<![a-z-]){command}(?![a-z-])", text), f"{program} {command} is not in its man page"
        shown = call(BUILD / program, *command.split(), "--help")
        assert shown.code == 0, shown
        for option in re.findall(r"^  (--[a-z-]+)", shown.out, re.M):
            assert re.search(rf"{option}(?![a-z-])", text), f"{program} {command} {option} is not in its man page"


@pytest.mark.parametrize("program", PROGRAMS)
def test_man_page_has_no_option_that_is_gone(program):
    known = set()
    for command in [[], *(c.split() for c in commands(program))]:
        known |= set(re.findall(r"^  (--[a-z-]+)", call(BUILD / program, *command, "--help").out, re.M))
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", page(program).split("EXAMPLES")[0]):
        assert option in known, f"{option} of {program}'s man page is not in its help"


@pytest.mark.parametrize("program", PROGRAMS)
def test_version(program):
    r = call(BUILD / program, "--version")
    assert r.code == 0 and re.search(r"\d+\.\d+\.\d+", r.out), r


def test_catalogue_is_complete():
    done = subprocess.run([ROOT / "tools" / "catalogue.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_chinese_under_a_chinese_locale(program):
    for locale in ("zh_CN.UTF-8", "zh_CN", "zh_TW.UTF-8"):
        out = call(BUILD / program, "--help", environ=env(LC_ALL=locale)).out
        assert "用法" in out and "Usage" not in out, (locale, out)
    assert "用法" not in call(BUILD / program, "--help").out


def test_the_first_steps_are_not_refused_for_a_check_digit():
    """README's own example ended with "the card number may be mistyped" whenever nobody was there to type it twice."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    numbers = set(re.findall(r"\b62\d{14,17}\b", readme))
    doubled = "0246813579"
    assert numbers
    for number in numbers:
        digits = [doubled[int(d)] if i % 2 else d for i, d in enumerate(reversed(number))]
        assert sum(map(int, digits)) % 10 == 0, number


@pytest.mark.parametrize("contract,table", [("service-api.yaml", "service/http/routes.c"), ("counter-api.yaml", "client/counter/route.c")])
def test_the_contract_names_every_endpoint_and_no_other(contract, table):
    def plain(path):
        return re.sub(r"\{\w+\}", "{}", path)

    written = {(m, plain(p)) for m, p in Contract(ROOT / "proto" / contract).operations()}
    offered = re.findall(r'^    \{"(GET|POST|PUT|DELETE)", "(/[^"]*)", ', (ROOT / table).read_text(encoding="utf-8"), re.M)
    assert len(offered) > 20 and {(m, plain(p)) for m, p in offered} == written
