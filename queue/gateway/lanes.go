package gateway

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"paceline/queue"
)

// lanes knows which keys belong to one organization, and which models share its
// limits ("Rate limits", platform.claude.com). Until a key's first answer it is on
// its own. The groups of models are, in this order, those that the Rate Limits API
// lists for the organization, those of [queue.ModelGroup], and each other model that
// the API has answered, on its own. All the rest share one lane, so that inventing
// names opens none. The zero lanes know no key and no model of an account. They are
// safe for concurrent use.
type lanes struct {
	mu       sync.RWMutex
	org      map[string]string            // by the key's hash; guarded by mu, as what follows
	listed   map[string]map[string]string // by organization, the group of each model that it lists
	answered map[string]map[string]bool   // by organization or key, the models that are in no group
}

// How much is remembered. What is forgotten is learned again.
const (
	maxKeys   = 10_000
	maxOwners = 1000 // organizations and keys with models that are in no group
	maxModels = 50   // of them, for each
)

// name returns the lane of a key's requests for a model.
func (l *lanes) name(key, model string) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	owner := cmp.Or(l.org[key], key)
	return queue.LaneName(owner, l.group(owner, queue.ModelName(model)))
}

// group returns the group of a model, by its [queue.ModelName]. It requires that mu
// is held.
func (l *lanes) group(owner, name string) string {
	if group, ok := l.listed[owner][name]; ok {
		return group
	}
	group := queue.ModelGroup(name)
	if group == queue.OtherModels && l.answered[owner][name] {
		return name
	}
	return group
}

// learn notes what an answer tells of a request that is in a lane: whose key it is
// and, if it succeeded, that the API knows the model. It returns the lane that the
// key's requests for the model have from now on, and whether the request itself is
// in it: one that waited in the lane of all other models stays there.
//
// Only the key's own lane joins that of the organization: no answer can make one
// lane of two organizations.
func (l *lanes) learn(q *queue.Queue, key, model, org, lane string, succeeded bool) (now string, in bool) {
	name := queue.ModelName(model)
	owner, group := queue.CutLane(lane)
	if plainID(org) && org != owner {
		l.own(key, org)
		if owner == key {
			if group != queue.OtherModels { // in that lane may be requests for any model
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
		group = l.know(owner, name)
	}
	now = queue.LaneName(owner, group)
	return now, now == lane
}

// know notes that the API has answered a model that is in no group, and returns the
// model's group from now on.
func (l *lanes) know(owner, name string) string {
	if !plainID(name) {
		return queue.OtherModels
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	models := l.answered[owner]
	if models == nil {
		if len(l.answered) >= maxOwners || l.answered == nil {
			l.answered = map[string]map[string]bool{}
		}
		models = map[string]bool{}
		l.answered[owner] = models
	}
	if len(models) < maxModels {
		models[strings.Clone(name)] = true // it may be part of something long
	}
	return l.group(owner, name)
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

// list notes the groups that the Rate Limits API lists for an organization, by
// model. They take the place of those that it listed before.
func (l *lanes) list(org string, groups map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listed = map[string]map[string]string{org: groups} // there is one admin key
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
