"""Tokens to log in with that librdkafka cannot fetch by itself: those that AWS IAM signs."""

from typing import Any

from consumer.errors import BrokerError, SettingsError
from consumer.log import escaped, get_logger
from consumer.settings import Settings


def token_properties(settings: Settings) -> dict[str, Any]:
    """Return the property that gives a client its tokens; none where it needs no help.

    The client calls it in a thread of its own, now and well before each token ends.

    Raises:
        SettingsError: the extra that signs tokens is not installed.
        BrokerError: no token can be had.
    """
    if settings.kafka_auth.method != "msk":
        return {}
    require_signer()
    from aws_msk_iam_sasl_signer.MSKAuthTokenProvider import generate_auth_token

    region = settings.kafka_auth.aws_region(settings.bootstrap_servers)

    def token(_: str = "") -> tuple[str, float]:
        """Return a token, and when it ends in seconds since the epoch."""
        try:
            signed, ends_ms = generate_auth_token(region)
        except Exception as error:  # whatever the SDK raises; the client asks again ten seconds later
            get_logger().warning("AWS gives no token to log in with", detail=_said(error))
            raise
        return signed, ends_ms / 1000

    try:
        token()  # the client would wait for ten seconds, and not know the reason
    except Exception as error:
        raise BrokerError(
            f"AWS gives no token to log in with: {_said(error)}. Give this process credentials, as AWS's SDKs find them"
        ) from None
    return {"oauth_cb": token}


def require_signer() -> None:
    """Return if tokens of AWS can be signed.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        import aws_msk_iam_sasl_signer.MSKAuthTokenProvider  # noqa: F401 - it loads AWS's SDK: only where it is used
    except ModuleNotFoundError:
        raise SettingsError(
            "LOGSLUICE_KAFKA_AUTH__METHOD msk needs a package that is not installed: pip install 'logsluice[msk]'"
        ) from None


def _said(error: Exception) -> str:
    return escaped(f"{type(error).__name__}: {error}")[:300]
