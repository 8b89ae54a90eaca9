"""The web server's command: it keeps nothing outside what it is told to use."""

from supply.serving import Plan, server_command


def test_the_server_opens_no_control_socket() -> None:
    command = server_command(Plan("::1", 8123, workers=2, scheduler=False))

    assert command[-1] == "supply.serving:application()"
    assert "--no-control-socket" in command
    assert command[command.index("--bind") + 1] == "[::1]:8123"
