package queue

import "time"

// Cap says which end of an account's credit a [SpendCap] is about.
type Cap uint8

// The ends of credit ("Errors", platform.claude.com; error codes of the official Go SDK,
// v2.15.0). The zero Cap is TierCap.
const (
	TierCap      Cap = iota // of the organization's tier: ends on the 1st of the month, 00:00 UTC
	ContractCap             // of the organization's contract
	LinkedCap               // of a linked organization that is billed
	OnHold                  // the organization is disabled
	OwnCap                  // set by the organization itself
	WorkspaceCap            // set by the organization for a workspace
	caps                    // how many there are
)

// CapRetry is how long an account is left alone whose end of credit has no known end.
const CapRetry = time.Hour

// capWords say of each end of credit what has happened, its name, and what to do about it.
var capWords = [caps]struct{ message, name, remedy string }{
	TierCap:      {"The spend cap is reached", "spend limit", SpendCap.Remedy()},
	ContractCap:  {"The spend limit of the contract is reached", "spend limit of the contract", "Ask Anthropic to raise the contract's spend limit"},
	LinkedCap:    {"The linked organization has no credit left", "credit of the linked organization", "Ask the linked organization to raise its spend limit or to add credit"},
	OnHold:       {"The organization is on hold", "hold on the organization", "Ask Anthropic why, or appeal: the organization is disabled"},
	OwnCap:       {"The spend limit that you have set is reached", "spend limit that you have set", "Raise your own spend limit in the Claude Console"},
	WorkspaceCap: {"The spend limit that you have set for a workspace is reached", "spend limit that you have set for the workspace", "Raise the workspace's spend limit in the Claude Console"},
}

// Message says what has happened: "The organization is on hold".
func (c Cap) Message() string { return capWords[min(c, caps-1)].message }

// Remedy returns what to do about it.
func (c Cap) Remedy() string { return capWords[min(c, caps-1)].remedy }

// String returns the name of what has ended: "spend limit of the contract".
func (c Cap) String() string { return capWords[min(c, caps-1)].name }

// capEnd says when an end of credit ends by itself.
func (e *Error) capEnd() string {
	switch {
	case e.Undated:
		return "there is no known end, and a request tries it once an hour"
	case e.Cap == TierCap:
		return "else it ends on the 1st of the month, 00:00 UTC"
	default:
		return "else it ends at the time that the API named"
	}
}

// spentCap is a spend cap that was reached.
type spentCap struct {
	until time.Duration
	err   *Error
}

// pauseAccount pauses all present and later lanes of an account that has reached its
// spend cap, unless that is of one request alone; none while the pace is off.
func (m *Machine) pauseAccount(l *lane, e *Error) {
	if e.RetryAfter <= 0 || e.RequestScoped || m.settings.Off {
		return
	}
	account, _ := CutLane(l.name)
	until := m.now + min(e.RetryAfter, spendLimit)
	if len(m.spentCaps) >= maxLaneMemories {
		clear(m.spentCaps)
	}
	m.spentCaps[account] = spentCap{until, e}
	for _, other := range m.lanes {
		if a, _ := CutLane(other.name); a == account {
			m.pauseLane(other, until, e)
			m.shed(other)
			m.reschedule(other)
		}
	}
}
