package gateway

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"paceline/queue"
)

// laneTable maps a key and a model to a lane. It knows the organization of a key
// and which models share limits ("Rate limits", platform.claude.com). Until its
// first answer a key has lanes of its own, within the bounds of [newLanes]. The
// group of a model is, in this order:
// the one that the Rate Limits API lists for the organization, the one of groups, or
// the model itself once the API has answered it. All other models share one lane, so
// that made-up names open none. What is asked for at fast speed has lanes of its own.
// The zero laneTable is empty. It is safe for concurrent use.
type laneTable struct {
	groups queue.ModelGroups // not changed; nil: the published ones

	mu       sync.RWMutex
	org      map[string]string            // by key hash; guarded by mu, as the rest
	listed   map[string]map[string]string // by organization: groups by model, from the Rate Limits API
	closed   map[string]bool              // lanes for which the Rate Limits API lists a limit of 0
	answered map[string]map[string]bool   // by organization or key: answered models without a group
	fresh    newLanes
}

// The sizes of the maps. A full map is emptied and learned again.
const (
	maxKeys     = 10_000
	maxAnswered = 1000 // organizations and keys in answered
	maxModels   = 50   // models for each of them
)

// laneName returns the lane of a key's requests for a model, by its [modelAt], which
// come from a source at now. An empty source is not bounded.
func (l *laneTable) laneName(key, model, source string, now time.Time) string {
	l.mu.RLock()
	org := l.org[key]
	owner := cmp.Or(org, key)
	lane := queue.LaneName(owner, l.group(owner, model))
	l.mu.RUnlock()
	if org != "" || source == "" {
		return lane
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.fresh.admit(source, lane, now) {
		return sharedLane(source)
	}
	return lane
}

// modelAt returns the [queue.ModelName] of a model at a speed: only fast is one of its
// own.
func modelAt(model, speed string) string {
	name := queue.ModelName(model)
	if speed == "fast" {
		return queue.Fast(name)
	}
	return name
}

// group returns the group of a model, by its [modelAt]. It requires that mu is held.
func (l *laneTable) group(owner, name string) string {
	usual, fast := queue.CutFast(name)
	if group, ok := l.listed[owner][usual]; ok && fast {
		return queue.Fast(group)
	} else if ok {
		return group
	}
	group := l.groups.Of(name)
	if group == queue.OtherModels && l.answered[owner][name] {
		return name
	}
	return group
}

// learn notes what the answer to a request in a lane reports: the key's
// organization and, if it succeeded, that the API knows the model. It returns the
// lane of the key's further requests for the model, and whether the request itself
// is in it: a request in the lane of all other models, or of all new keys, stays
// there.
//
// Only the key's own lane joins that of the organization: no answer can join the
// lanes of two organizations.
func (l *laneTable) learn(q *queue.Queue, key, name, org, lane string, succeeded bool) (now string, in bool) {
	owner, group := queue.CutLane(lane)
	switch {
	case !plainID(org) && isShared(lane):
		return lane, true
	case plainID(org) && org != owner:
		l.setOrganization(key, org)
		if owner == key {
			if group != queue.OtherModels { // that lane may have requests for any model
				l.mu.RLock()
				group = l.group(org, name)
				l.mu.RUnlock()
			}
			into := queue.LaneName(org, group)
			q.JoinLanes(lane, into)
			lane = into
		}
		owner = org
	}
	l.mu.RLock()
	group = l.group(owner, name)
	l.mu.RUnlock()
	if group == queue.OtherModels && succeeded {
		group = l.addModel(owner, name)
	}
	now = queue.LaneName(owner, group)
	return now, now == lane
}

// addModel notes that the API has answered a model without a group, and returns the
// model's group from now on.
func (l *laneTable) addModel(owner, name string) string {
	if !plainID(name) {
		return queue.OtherModels
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	models := l.answered[owner]
	if models == nil {
		if len(l.answered) >= maxAnswered || l.answered == nil {
			l.answered = map[string]map[string]bool{}
		}
		models = map[string]bool{}
		l.answered[owner] = models
	}
	if len(models) < maxModels {
		models[strings.Clone(name)] = true // the name may be part of a long string
	}
	return l.group(owner, name)
}

// setOrganization notes the organization of a key.
func (l *laneTable) setOrganization(key, org string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.org) >= maxKeys || l.org == nil {
		l.org = map[string]string{}
	}
	l.org[key] = org
}

// hasOrganization reports whether the organization of a key is known.
func (l *laneTable) hasOrganization(key string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, ok := l.org[key]
	return ok
}

// setListed replaces the groups that the Rate Limits API lists, by model, and those for
// which it lists a limit of 0.
func (l *laneTable) setListed(org string, groups map[string]string, closed []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listed = map[string]map[string]string{org: groups} // there is one admin key
	l.closed = map[string]bool{}
	for _, group := range closed {
		l.closed[queue.LaneName(org, group)] = true
	}
}

// isClosed reports whether a lane has a limit of 0, by the Rate Limits API.
func (l *laneTable) isClosed(lane string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.closed[lane]
}

// keyHash names a key without revealing it.
func keyHash(key string) string {
	if key == "" {
		return "key-none"
	}
	sum := sha256.Sum256([]byte(key))
	return "key-" + hex.EncodeToString(sum[:8])
}

// plainID reports whether an identifier is short and has only characters without a
// meaning for terminals, logs and labels.
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
