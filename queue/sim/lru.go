package sim

import "time"

// lru is a map of bounded size: a new entry takes the place of the one that was
// unused for longest. Make one with newLRU. It is not safe for concurrent use.
type lru[K comparable, V any] struct {
	size    int
	entries map[K]*lruEntry[V]
}

type lruEntry[V any] struct {
	value V
	used  time.Time
}

func newLRU[K comparable, V any](size int) lru[K, V] {
	return lru[K, V]{size, map[K]*lruEntry[V]{}}
}

// get returns the value of a key, and makes it if there is none.
func (c *lru[K, V]) get(now time.Time, key K, makeValue func() V) V {
	e := c.entries[key]
	if e == nil {
		c.evict()
		e = &lruEntry[V]{value: makeValue()}
		c.entries[key] = e
	}
	e.used = now
	return e.value
}

// evict makes room for one more entry.
func (c *lru[K, V]) evict() {
	if len(c.entries) < c.size {
		return
	}
	var oldest K
	var at time.Time
	for key, e := range c.entries {
		if at.IsZero() || e.used.Before(at) {
			oldest, at = key, e.used
		}
	}
	delete(c.entries, oldest)
}
