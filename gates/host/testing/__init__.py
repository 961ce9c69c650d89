"""What tests of node packs use: a server under test, a listening client, the result of a prompt."""

from ..asking import Answer, PromptRefused
from ..process import HostFailed
from .listener import Listener, Queued
from .messages import Message, Preview
from .result import NodeFailure, Result, StoredFile
from .server import ServerUnderTest

__all__ = [
    "Answer",
    "HostFailed",
    "Listener",
    "Message",
    "NodeFailure",
    "Preview",
    "PromptRefused",
    "Queued",
    "Result",
    "ServerUnderTest",
    "StoredFile",
]
