package queue

// waitingUsers are the users of whom a request waits: a heap, so that the one whose oldest
// request came first is the first. Each knows its place in it.
type waitingUsers []*user

// before reports whether the oldest request of a user came before that of another.
func (w waitingUsers) before(i, j int) bool {
	return w[i].requests.First.Item.id < w[j].requests.First.Item.id
}

func (w waitingUsers) swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].waitingAt, w[j].waitingAt = i, j
}

// add adds a user, of whom a request waits from now on.
func (w *waitingUsers) add(u *user) {
	u.waitingAt = len(*w)
	*w = append(*w, u)
	w.rise(u.waitingAt)
}

// remove removes a user, of whom none waits any more.
func (w *waitingUsers) remove(u *user) {
	at, last := u.waitingAt, len(*w)-1
	w.swap(at, last)
	(*w)[last] = nil
	*w = (*w)[:last]
	if at < last {
		w.fix(at)
	}
}

// fix puts the one at a place, whose oldest request is another one by now, to where it
// belongs.
func (w waitingUsers) fix(at int) {
	if w.rise(at) == at {
		w.sink(at)
	}
}

// rise moves the one at a place before those that came later, and returns its new place.
func (w waitingUsers) rise(at int) int {
	for at > 0 && w.before(at, (at-1)/2) {
		w.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
	return at
}

// sink moves the one at a place behind those that came before.
func (w waitingUsers) sink(at int) {
	for {
		first := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(w); child++ {
			if w.before(child, first) {
				first = child
			}
		}
		if first == at {
			return
		}
		w.swap(at, first)
		at = first
	}
}

// oldestBut returns the user other than u whose oldest request came first; nil if there is
// none.
func (w waitingUsers) oldestBut(u *user) *user {
	first := -1
	for i := range min(len(w), 3) { // the first, and the two below it
		if w[i] != u && (first < 0 || w.before(i, first)) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	return w[first]
}
