"""The library's folder: heads, bodies, snippets, and what is wrong with them."""

from pathlib import Path

import pytest

from postroad.campaign.library_files import LibraryFile, read_library
from postroad.yaml_file import FileError


def _read(folder: Path, **files: str) -> dict[str, LibraryFile]:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return {one.name: one for one in read_library(folder)}


def test_a_head_says_subject_and_attachments(tmp_path: Path) -> None:
    (tmp_path / "offer.pdf").write_bytes(b"%PDF")
    head = "---\nsubject: Hello {{ person.first_name }}\nattachments: [offer.pdf]\n---\n"
    intro = _read(tmp_path, intro_md=f"{head}**Good** morning\n")["intro"]
    assert intro.template.subject == "Hello {{ person.first_name }}"
    assert intro.template.text == "**Good** morning\n"
    assert intro.template.html == "<p><strong>Good</strong> morning</p>\n"
    (attached,) = intro.template.attachments
    assert (attached.filename, intro.files) == ("offer.pdf", {attached.sha256: b"%PDF"})


def test_a_text_needs_no_head_and_a_rule_below_is_none(tmp_path: Path) -> None:
    found = _read(tmp_path, a_md="Hello\n\n---\n\nBye\n", b_txt="---\n---\nHello\n")
    assert found["a"].template.text == "Hello\n\n---\n\nBye\n"
    assert (found["b"].template.text, found["b"].template.html) == ("Hello\n", None)


def test_a_snippet_has_both_forms_whatever_it_is_written_in(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "logo.png").write_bytes(b"PNG")
    found = _read(
        tmp_path,
        snippets__plain_txt="Acme & Co\n{{ person.x }}\n",
        snippets__rich_html='<p>Acme <img src="logo.png" alt="logo"></p>',
    )
    assert found["plain"].template.html == "Acme &amp; Co<br>\n{{ person.x }}"
    assert found["rich"].template.text == "Acme"
    (logo,) = found["rich"].template.attachments
    assert f"cid:{logo.content_id}" in (found["rich"].template.html or "")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"intro_md": "---\nsubjct: Hi\n---\nHello"}, "intro.md:2: subjct: is not known here"),
        ({"intro_md": "---\nsubject: [\n---\nHello"}, "is no YAML here"),
        ({"intro_md": "---\nattachments: [no.pdf]\n---\nHi"}, "there is no file 'no.pdf'"),
        ({"intro_md": "---\nsubject: Hi\n---\n \n"}, "says nothing"),
        ({"Intro_md": "Hello"}, "Intro.md: must be lower-case letters"),
        ({"intro_md": "Hello", "intro_txt": "Hello"}, "has the name of"),
        ({"snippets__a_md": "---\nsubject: Hi\n---\nx"}, "a snippet has no head"),
        ({"notes_pdf": "x"}, "holds no template"),
        ({"intro_html": '<img src="no.png">'}, "there is no file"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    with pytest.raises(FileError) as refused:
        _read(tmp_path, **files)
    assert words in str(refused.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such folder"):
        read_library(tmp_path / "templates")
