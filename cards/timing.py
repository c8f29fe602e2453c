"""Say how long a real card behind a real reader takes for a command, so that a virtual one can take as long.

The time on the line follows from the standards; how long the chip itself works is **unproven** (our choice, no source).
"""

from __future__ import annotations

from dataclasses import dataclass

_VERIFY, _SIGN, _INTERNAL_AUTHENTICATE = 0x20, 0x2A, 0x88


@dataclass(frozen=True, slots=True)
class Timing:
    """Hold the speed of a line and of the chip behind it.

    `bits_per_byte`: with start, stop and guard time. `block`: information bytes in one block, `around`: bytes that each block has
    besides. Milliseconds of the chip: for any command, for comparing a PIN, for a signature of RSA-2048.
    """

    bits_per_second: float
    bits_per_byte: int
    block: int
    around: int
    command_ms: float = 3.0
    verify_ms: float = 25.0
    signature_ms: float = 350.0

    def seconds(self, command: bytes, answer: bytes) -> float:
        """Compute the time from the first bit of `command` to the last one of `answer`."""
        bits = sum(self._on_the_line(len(part)) for part in (command, answer)) * self.bits_per_byte
        return bits / self.bits_per_second + self._at_work(command, answer) / 1000

    def _on_the_line(self, length: int) -> int:
        """Count bytes with what surrounds each block; between the blocks of a chain the other side sends an empty one."""
        blocks = max(1, -(-length // self.block))
        return length + self.around * (2 * blocks - 1)

    def _at_work(self, command: bytes, answer: bytes) -> float:
        instruction = command[1] if len(command) > 1 else 0
        if instruction in (_SIGN, _INTERNAL_AUTHENTICATE) and len(answer) > 2:
            return self.signature_ms
        return self.verify_ms if instruction == _VERIFY and len(command) > 5 else self.command_ms


TIMINGS = {
    "contactless": Timing(13_560_000 / 128, 10, 253, 6),
    "contact": Timing(4_000_000 / 372, 11, 254, 4),
}
"""By name. `contactless`: ISO/IEC 14443 type B at 106 kbit/s, frames of 256 bytes (PCB, CRC, and SOF and EOF as three more bytes).
`contact`: what the ATR 3B E0 00 FF 81 31 FE 45 14 allows without negotiation (F 372, D 1, T=1, IFSC 254), at 4 MHz."""
