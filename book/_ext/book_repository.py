"""Everything that needs the repository's address, derived from ``repository: url:`` in _config.yml.

The theme stops with an error when a launch or source button is asked for and the address is empty,
so the buttons are switched here, and no page ever links to a guessed address.
"""

BUTTONS = ["use_repository_button", "use_issues_button", "use_edit_page_button"]


def derive(options):
    """The theme's options with their buttons on or off, as the address commands."""
    known = bool(options.get("repository_url"))
    launch = options.get("launch_buttons") if known else {}
    return {**options, "launch_buttons": launch, **dict.fromkeys(BUTTONS, known)}


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
