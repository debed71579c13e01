"""The look that console, counter and wallet share: tokens, components, fonts.

The console serves ``static/`` beside its own files; the wallet's build takes it in. Source of the fonts: Manrope, npm
``@fontsource-variable/manrope`` 5.3.0 (OFL, ``static/fonts/OFL.txt``).
"""

from pathlib import Path

LOOK = Path(__file__).parent / "static"
