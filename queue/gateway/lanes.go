package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"paceline/queue"
)

// lanes knows which keys belong to one organization, and so share its limits
// ("Rate limits", platform.claude.com). Until a key's first answer it is on its
// own. The zero lanes know none.
type lanes struct {
	mu  sync.RWMutex
	org map[string]string // by the key's hash; guarded by mu
}

// maxKeys is how many keys are remembered. One that is forgotten is learned again.
const maxKeys = 10_000

// name returns the lane of a key's requests for a model.
func (l *lanes) name(key, model string) string {
	l.mu.RLock()
	owner, ok := l.org[key]
	l.mu.RUnlock()
	if !ok {
		owner = key
	}
	return queue.LaneName(owner, queue.ModelGroup(model))
}

// learn notes that a key belongs to an organization, and returns the lane that
// its requests for a model have from now on. Only the key's own lane joins that
// of the organization: no answer can make one lane of two organizations.
func (l *lanes) learn(q *queue.Queue, key, model, org, lane string) string {
	if !plainID(org) {
		return lane
	}
	group := queue.ModelGroup(model)
	into := queue.LaneName(org, group)
	if into == lane {
		return lane
	}
	l.own(key, org)
	if lane == queue.LaneName(key, group) {
		q.JoinLanes(lane, into)
	}
	return into
}

// own notes that a key belongs to an organization.
func (l *lanes) own(key, org string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.org) >= maxKeys || l.org == nil {
		l.org = map[string]string{}
	}
	l.org[key] = org
}

// owned reports whether it is known which organization a key belongs to.
func (l *lanes) owned(key string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, ok := l.org[key]
	return ok
}

// keyHash names a key without telling it.
func keyHash(key string) string {
	if key == "" {
		return "key-none"
	}
	sum := sha256.Sum256([]byte(key))
	return "key-" + hex.EncodeToString(sum[:8])
}

// plainID reports whether an identifier is short and has only characters that
// mean nothing to a terminal, a log or a label.
func plainID(s string) bool {
	const most = 128
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return s != "" && len(s) <= most
}
