package replay

import (
	"fmt"

	"paceline/queue"
)

// habits are what the gateway knows of what calls cost: a user's own ones first, then those
// of the model group, then what is usual.
type habits struct{ byUser, byGroup map[string]*habit }

func newHabits() habits { return habits{byUser: map[string]*habit{}, byGroup: map[string]*habit{}} }

// habit is sums in which what is older counts less.
type habit struct{ tokens, bytes, output, answers float64 }

func (h *habit) add(fade float64, tokens, bytes, output int) {
	h.tokens, h.bytes = h.tokens*fade+float64(tokens), h.bytes*fade+float64(bytes)
	h.output, h.answers = h.output*fade+float64(output), h.answers*fade+1
}

// rates returns tokens for a byte and for an answer, given those of others.
func (h *habit) rates(perByte, output float64) (newPerByte, newOutput float64) {
	const bytes = 2 << 10 // what others do weighs as much as this, and as one answer
	return (h.tokens + perByte*bytes) / (h.bytes + bytes), (h.output + output) / (h.answers + 1)
}

func (h *habits) of(m *Message) (user, group *habit) {
	name := m.group()
	at := func(m map[string]*habit, key string) *habit {
		if m[key] == nil {
			m[key] = &habit{}
		}
		return m[key]
	}
	return at(h.byUser, fmt.Sprint(m.User, name)), at(h.byGroup, name)
}

// estimate is what a message will cost, as far as its size and the past tell.
func (h *habits) estimate(m *Message) queue.Cost {
	user, group := h.of(m)
	perByte, output := user.rates(group.rates(0.3, 500))
	if m.Call.MaxTokens > 0 {
		output = min(output, float64(m.Call.MaxTokens))
	}
	return queue.Cost{Input: max(int(perByte*float64(m.Bytes)), 1), Output: max(int(output), 1)}
}

func (h *habits) learn(m *Message, output int) {
	user, group := h.of(m)
	user.add(0.9, m.Call.InputTokens, m.Bytes, output)
	group.add(0.99, m.Call.InputTokens, m.Bytes, output)
}
