"""Everything that needs the repository's address, derived from ``repository: url:`` in _config.yml.

The theme stops with an error when a launch or source button is asked for and the address is empty,
so the buttons are switched here, and no page ever links to a guessed address.
"""

import re

from sphinx.errors import ConfigError

BUTTONS = ["use_repository_button", "use_issues_button", "use_edit_page_button"]

ADDRESS = re.compile(r"https://(?P<host>[\w.-]+)/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")


def derive(options):
    """The theme's options with their buttons on or off, as the address commands."""
    url = options.get("repository_url") or ""
    launch = dict(options.get("launch_buttons", {})) if url else {}
    if url:
        found = ADDRESS.fullmatch(url)
        if found is None or url.endswith(".git"):
            raise ConfigError(
                f"_config.yml: repository: url: is {url!r}. Write https://github.com/owner/name, "
                "without .git and without a slash at its end: what the buttons open, and what the "
                "first cell of each notebook installs, is made by adding to it."
            )
        if found["host"] != "github.com":
            launch.pop("colab_url", None)  # Colab opens notebooks from GitHub alone
    return {**options, "launch_buttons": launch, **dict.fromkeys(BUTTONS, bool(url))}


def apply(app, config):
    config.html_theme_options = derive(config.html_theme_options)
    url = config.html_theme_options.get("repository_url")
    config.myst_substitutions = {
        "repository": f"`{url}`" if url else "the repository",
        **config.myst_substitutions,
    }


def setup(app):
    # Before the extensions that read the options in the same event, whose priority is 500.
    app.connect("config-inited", apply, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
