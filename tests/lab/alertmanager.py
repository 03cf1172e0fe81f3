"""A real Alertmanager that hands every alert on to one webhook."""

from pathlib import Path

import yaml

from .process import Process, free_port


class Alertmanager:
    """One server on its own, without a cluster; alerts reach `webhook` at once."""

    def __init__(self, directory: Path, webhook: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        configuration = {
            "route": {
                "receiver": "test",
                "group_by": ["..."],
                "group_wait": "0s",
                "group_interval": "1s",
                "repeat_interval": "1h",
            },
            "receivers": [{"name": "test", "webhook_configs": [{"url": webhook, "send_resolved": True}]}],
        }
        config = directory / "alertmanager.yml"
        config.write_text(yaml.safe_dump(configuration))
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.process = Process(
            [
                "prometheus-alertmanager",
                f"--config.file={config}",
                f"--storage.path={directory / 'data'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
                "--log.level=warn",
            ],
            directory / "alertmanager.log",
        )
        self.process.wait_for_page(f"{self.url}/-/ready")

    def stop(self) -> int:
        """End the server and give its exit code."""
        return self.process.stop()
