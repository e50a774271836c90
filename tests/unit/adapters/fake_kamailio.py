"""A Kamailio's RPC socket in this process: the tables of the sample, kept in dictionaries."""

import asyncio
import json
import socket
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any


class FakeKamailio:
    """Answers in an event loop until closed; `asked` are the methods and their parameters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self.asked: list[tuple[str, list[Any]]] = []
        self.mute = False
        self.refuses, self.code = "", 500

    def open(self) -> None:
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self.path))
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _hear(self) -> None:
        data, sender = self._socket.recvfrom(65_536)
        told = json.loads(data)
        self.asked.append((told["method"], told["params"]))
        if self.mute:
            return
        answer = {
            "jsonrpc": "2.0",
            "id": told["id"],
            **self._answer(told["method"], told["params"]),
        }
        with suppress(ConnectionRefusedError):  # whoever asked is gone
            self._socket.sendto(json.dumps(answer).encode(), sender)

    def _answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        table, key = self.tables[params[0]], params[1] if len(params) > 1 else ""
        if method == self.refuses:
            return {"error": {"code": self.code, "message": "No such htable"}}
        match method:
            case "htable.setxi" | "htable.setxs":
                table[key] = params[2]
            case "htable.delete":
                if table.pop(key, None) is None:
                    return {"error": {"code": 404, "message": "Key not found in htable."}}
            case "htable.get":
                if key not in table:
                    return {"error": {"code": 500, "message": "Key name doesn't exist in htable."}}
                return {"result": {"item": {"name": key, "value": table[key]}}}
            case "htable.dump":
                items = [{"name": name, "value": value} for name, value in table.items()]
                return {"result": [{"entry": 1, "slot": items}] if items else []}
            case "htable.flush":
                table.clear()
        return {"result": "Ok."}
