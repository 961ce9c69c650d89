"""`python -m gates.host`: the host alone, with the options of `gates host`."""

from .options import parse
from .server import serve

if __name__ == "__main__":
    serve(parse())
