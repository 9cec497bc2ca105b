"""Parting from the host: what leaves the machine fades, the inputs in the take do not."""

import numpy as np

from tests.fakes.desk_rig import Rig

FADE = 480  # 10 ms at 48 kHz


def test_leaving_fades_main_and_buses_to_exact_silence_and_keeps_the_inputs() -> None:
    with Rig.make(strips=1, buses=1, inputs=1) as rig:
        rig.set("/strip/1/send/1/level", 0.0)
        tone = np.full((1, 4096), 0.5, np.float32)
        rig.render(tone)
        assert 0 < rig.engine.fade_out() < 0.1
        faded = rig.render(tone)
        assert np.all(faded[:3, FADE + 1 :] == 0.0)
        assert np.all(np.abs(np.diff(faded[:3, :], axis=1)) < 0.5 / FADE * 1.5)
        kept = rig.block.capture_head - 4096
        assert kept > 2 * FADE
        assert np.array_equal(rig.captured(0, 4096, kept), tone[0, :kept])
