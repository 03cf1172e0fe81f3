"""A real Prometheus that scrapes what a test tells it to, and its tool."""

import json
import subprocess
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .polling import eventually
from .process import Process, fetch, free_port


class Prometheus:
    """One server with its own configuration and storage below `directory`."""

    def __init__(
        self,
        directory: Path,
        scrape_configs: Sequence[Mapping[str, Any]],
        *,
        rule_files: Sequence[Path] = (),
        alertmanager: str | None = None,
        interval: str = "1s",
    ) -> None:
        """`scrape_configs` are those of its configuration file; `alertmanager` is `HOST:PORT`."""
        directory.mkdir(parents=True, exist_ok=True)
        configuration: dict[str, Any] = {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": interval,
            },
            "scrape_configs": list(scrape_configs),
            "rule_files": [str(path) for path in rule_files],
        }
        if alertmanager is not None:
            targets = {"static_configs": [{"targets": [alertmanager]}]}
            configuration["alerting"] = {"alertmanagers": [targets]}
        self.config = directory / "prometheus.yml"
        self.config.write_text(yaml.safe_dump(configuration))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = Process(
            [
                "prometheus",
                f"--config.file={self.config}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--log.level=warn",
            ],
            directory / "prometheus.log",
        )
        self.process.wait_for_page(f"{self.url}/-/ready")

    def api(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer of the HTTP API, for instance `api("targets")`."""
        status, body = fetch(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        assert status == 200, f"{path} {parameters}: {status} {body}"
        return json.loads(body)["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of an instant query."""
        found = self.api("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in found["result"]]

    def wait_for(self, expression: str, *, within: float = 30) -> list[tuple[dict[str, str], float]]:
        """Return the answer of a query as soon as it has any series."""
        return eventually(lambda: self.query(expression), within=within, every=0.25, what=expression)

    def stop(self) -> int:
        """End the server and give its exit code."""
        return self.process.stop()


def static_target(address: str, job: str = "libvirt", **more: Any) -> dict[str, Any]:
    """The scrape configuration for one `HOST:PORT`."""
    return {"job_name": job, "static_configs": [{"targets": [address]}], **more}


def promtool(*arguments: str, text: str | None = None, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code and output of promtool, for instance `promtool("check", "metrics", text=page)`."""
    done = subprocess.run(
        ["promtool", *arguments], input=text, cwd=cwd, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout
