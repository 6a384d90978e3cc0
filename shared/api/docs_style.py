"""The style of the reference page; its hash stands in the page's Content-Security-Policy."""

STYLE = """
:root { color-scheme: light dark;
  --ink: #1b1f24; --paper: #ffffff; --soft: #f2f4f7; --line: #c9d0d9; --link: #0b57a8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7ebf0; --paper: #14181d; --soft: #1f252c; --line: #3d4753; --link: #8ec2ff; }
}
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible, .wide:focus-visible {
  outline: 3px solid var(--link); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; background: var(--paper); padding: .5rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .75rem;
  overflow: auto; max-height: 24rem; }
article, nav { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem .75rem; margin: 1rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); padding: .35rem .75rem .35rem 0; }
td code { overflow-wrap: normal; }
td:last-child { min-width: 12rem; }
summary { cursor: pointer; padding: .25rem 0; }
:target { background: var(--soft); outline: 2px solid var(--link); outline-offset: .25rem; }
"""
