package replay

import (
	"fmt"

	"paceline/queue"
)

// estimator estimates what calls cost, as the gateway does: from the user's own
// calls first, then those of the model group, then a default.
type estimator struct{ byUser, byGroup map[string]*costs }

func newEstimator() estimator {
	return estimator{byUser: map[string]*costs{}, byGroup: map[string]*costs{}}
}

// costs are sums over calls in which older calls count less.
type costs struct{ tokens, bytes, output, answers float64 }

// add counts a call, and lets all before it fade.
func (c *costs) add(fade float64, tokens, bytes, output int) {
	c.tokens, c.bytes = c.tokens*fade+float64(tokens), c.bytes*fade+float64(bytes)
	c.output, c.answers = c.output*fade+float64(output), c.answers*fade+1
}

// rates returns tokens for a byte and tokens for an answer. perByte and output are
// the prior: they count as much as 2 KiB of prompt and one answer.
func (c *costs) rates(perByte, output float64) (newPerByte, newOutput float64) {
	const bytes = 2 << 10
	return (c.tokens + perByte*bytes) / (c.bytes + bytes), (c.output + output) / (c.answers + 1)
}

// of returns the costs of a message's user and of its model group.
func (e *estimator) of(m *Message) (user, group *costs) {
	name := m.group()
	at := func(m map[string]*costs, key string) *costs {
		if m[key] == nil {
			m[key] = &costs{}
		}
		return m[key]
	}
	return at(e.byUser, fmt.Sprint(m.User, name)), at(e.byGroup, name)
}

// estimate returns what a message is expected to cost: from its size and the calls before it,
// unless it says so itself.
func (e *estimator) estimate(m *Message) queue.Cost {
	if m.Estimate != (queue.Cost{}) {
		return m.Estimate
	}
	user, group := e.of(m)
	perByte, output := user.rates(group.rates(0.3, 500))
	if m.Call.MaxTokens > 0 {
		output = min(output, float64(m.Call.MaxTokens))
	}
	return queue.Cost{Input: max(int(perByte*float64(m.Bytes)), 1), Output: max(int(output), 1)}
}

// learn notes what the call for a message cost.
func (e *estimator) learn(m *Message, output int) {
	user, group := e.of(m)
	user.add(0.9, m.Call.InputTokens, m.Bytes, output)
	group.add(0.99, m.Call.InputTokens, m.Bytes, output)
}
