package advice

import (
	"paceline/queue"
	"paceline/queue/replay"
)

// spared replays the traffic without a queue, with the retries of the SDKs. It is nil
// where nothing was measured, where the limits are not known, and after a storm.
func (c *computation) spared(t *traffic) (*queue.Spared, error) {
	measured := t.measured()
	if _, hits := t.storm(); hits > 0 || !measured.known || t.untold() > maxUntold {
		return nil, nil
	}
	without, err := c.replay(t, replay.Unqueued())
	if err != nil {
		return nil, err
	}
	cost := max(measured.p95-without.WaitQuantiles(0.95)[0], 0)
	return &queue.Spared{Failed: without.Failures, Lost: measured.lost, CostP95Ms: cost.Milliseconds()}, nil
}
