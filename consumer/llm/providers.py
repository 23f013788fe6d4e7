"""The call to an LLM: one request, one reply."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from consumer.llm.answer import UnreadableError
from consumer.llm.failures import CallError, RetryableError, translate
from consumer.llm.reply import Reply, read_reply
from consumer.llm.settings import LlmSettings

MAX_REPLY_BYTES = 1 << 20
_CONNECT_S = 5.0


class Provider(Protocol):
    """An LLM that can be asked. Safe for many calls at once, in one event loop."""

    async def ask(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], timeout_s: float
    ) -> Reply:
        """Make one call, without a retry, in at most ``timeout_s`` seconds.

        Raises:
            RetryableError, RefusedError: there is no reply.
            UnreadableError: there is one, and it is of no use.
        """
        ...

    async def close(self) -> None:
        """Close what connections there are."""
        ...


class ChatProvider:
    """Any server that speaks chat completions, through the SDK of Groq or of OpenAI."""

    def __init__(self, settings: LlmSettings) -> None:
        endpoint = settings.endpoint()
        # A key that is not given must not be taken from the environment: it may be another provider's.
        key = settings.api_key.get_secret_value() if settings.api_key else "none"
        # The SDKs retry by limits of their own, and their timeout is for each read: both are ours to decide.
        options: dict[str, Any] = {"api_key": key, "base_url": endpoint.base_url, "max_retries": 0}
        # The SDKs share no type, and are imported where they are needed: it takes a second.
        self._client: Any
        if settings.provider == "groq":
            import groq

            self._client = groq.AsyncGroq(**options, timeout=groq.Timeout(None, connect=_CONNECT_S))
        else:
            import openai

            self._client = openai.AsyncOpenAI(**options, timeout=openai.Timeout(None, connect=_CONNECT_S))
        self._model = endpoint.model
        self._structured_output = endpoint.structured_output
        self._request = endpoint.request

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what connections there are."""
        await self._client.close()

    async def ask(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], timeout_s: float
    ) -> Reply:
        """Make one call; see `Provider.ask`."""
        try:
            async with asyncio.timeout(timeout_s):
                body = await self._post(messages, schema)
        except TimeoutError:
            raise RetryableError("timeout") from None
        except (CallError, UnreadableError):
            raise
        except Exception as error:
            # Not `from error`: what it holds may quote the key or the prompt, and our logs would print it.
            raise translate(error) from None
        return read_reply(body)

    async def _post(self, messages: Sequence[dict[str, str]], schema: dict[str, Any]) -> bytes:
        request: dict[str, Any] = {"model": self._model, "messages": messages}
        if self._structured_output == "json_schema":
            described = {"name": "labels", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": described}
        elif self._structured_output == "json_object":
            request["response_format"] = {"type": "json_object"}
        create = self._client.chat.completions.with_streaming_response.create
        body = bytearray()
        # The bytes of one JSON reply stream here, not its tokens: so as to stop at one that is too large.
        async with create(
            **request, extra_body=self._request, extra_headers={"Accept-Encoding": "identity"}
        ) as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise UnreadableError("the reply is too large")
        return bytes(body)
