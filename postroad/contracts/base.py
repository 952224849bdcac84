"""What every contract is."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """A frozen model; unknown fields are ignored, so that older workers read newer histories."""

    model_config = ConfigDict(frozen=True, extra="ignore")
