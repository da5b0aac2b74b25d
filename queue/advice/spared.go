package advice

import (
	"paceline/queue"
	"paceline/queue/replay"
)

// spared replays the traffic without a queue, with the retries of the SDKs. It is nil
// where no waits were measured, where the limits are not known or are used by others, and
// after a storm. What its caller got wrong fails either way, which the replay does not know:
// so many of the others fail as it tells of all.
func (c *computation) spared(t *traffic) (*queue.Spared, error) {
	measured := t.measured()
	if _, hits := t.storm(); hits > 0 || !measured.waited || t.others != "" || t.untold() > maxUntold {
		return nil, nil
	}
	without, err := c.replay(t, replay.Unqueued())
	if err != nil {
		return nil, err
	}
	cost := max(measured.p95-without.WaitQuantiles(0.95)[0], 0)
	mistakes, all := t.mistakes(), len(t.requests)
	failed := mistakes + without.Failures*(all-mistakes)/all
	return &queue.Spared{Failed: failed, Lost: measured.lost + mistakes, CostP95Ms: cost.Milliseconds()}, nil
}
