"""ICカード標準システム of a municipality under 条例利用方式: which 住民基本台帳カード may be used for what, and by which PIN.

A node of its own. The centre asks it at each visit, officials act at its counter; of the other rooms it knows the interface and the
municipality's settings. What the real system does in detail is not public: docs/ordinance.md says what is ours.
"""

from .registry import CardRegistry, IssuedCard
from .settings import CardRegistrySettings
from .store import keep_only, prepare_database

__all__ = ["CardRegistry", "CardRegistrySettings", "IssuedCard", "keep_only", "prepare_database"]
