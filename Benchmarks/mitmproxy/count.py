"""Bytes in the TCP messages of a file of mitmproxy's flows: those of clients, then those of the server.

    count.py FILE
"""

import sys

from mitmproxy import io

from_client = from_server = 0
with open(sys.argv[1], "rb") as file:
    for flow in io.FlowReader(file).stream():
        for message in flow.messages:
            if message.from_client:
                from_client += len(message.content)
            else:
                from_server += len(message.content)
print(from_client, from_server)
