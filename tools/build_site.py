"""Build the documentation's site, in English and Chinese: `python tools/build_site.py [FOLDER]`, by default build/site.

The pages are those of docs/ and docs/zh/, the tutorials of examples/, which are executed, and a reference from the
docstrings. Sphinx treats each warning as an error, and afterwards every link of every page is followed, anchors
included (those that lead out of the site are counted, not fetched). `make site` installs what this needs first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import reference_pages
from links import broken_links

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # of folders of examples/, and Sphinx's names

# The kernel knows no torch: this cell comes first, and does not show.
_SETUP = {
    "cell_type": "code",
    "id": "alias",
    "metadata": {"tags": ["remove-cell"]},
    "source": ["import tapegrad\n", "\n", "tapegrad.install_as_torch()"],
    "execution_count": None,
    "outputs": [],
}


def main() -> int:
    """Build both languages; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/site")
    options = parser.parse_args()
    work = ROOT / "build/site-sources"
    shutil.rmtree(work, ignore_errors=True)
    for language, name in LANGUAGES.items():
        source = work / language
        gather(language, source)
        output = options.folder if language == "en" else options.folder / language
        build(source, output, name)
    return check(options.folder)


def gather(language: str, source: Path) -> None:
    """Put together what Sphinx reads for one language."""
    pages = DOCS if language == "en" else DOCS / language
    ignore = shutil.ignore_patterns("zh", "conf.py", "_*") if language == "en" else None
    shutil.copytree(pages, source, ignore=ignore)
    if language != "en":  # pictures are the same in all languages: those of docs/, beside the folder of the language
        shutil.copytree(DOCS / "pictures", source.parent / "pictures", dirs_exist_ok=True)
    for notebook in sorted((ROOT / "examples" / language).glob("*.ipynb")):
        content = json.loads(notebook.read_text(encoding="utf-8"))
        content["cells"].insert(0, _SETUP)
        (source / "tutorials" / notebook.name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    reference_pages.write(source / "reference", language)


def build(source: Path, output: Path, language: str) -> None:
    """Run Sphinx over one language.

    Raises:
        subprocess.CalledProcessError: a page has something wrong; Sphinx has printed what.
    """
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-c", str(DOCS)]
    command += ["-D", f"language={language}", "-d", str(source.with_suffix(".doctrees"))]
    subprocess.run([*command, str(source), str(output)], check=True)


def check(folder: Path) -> int:
    """Follow all links of the site; print what is broken."""
    broken, inside, outside = broken_links(folder)
    for page, link, why in broken:
        print(f"{page}: {link}: {why}", file=sys.stderr)
    print(f"{folder}: {inside} links within the site, {len(broken)} broken; {outside} lead elsewhere")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
