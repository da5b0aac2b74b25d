package queue

// list is a doubly linked list whose nodes live inside their items, so that an
// item leaves any place of any list at once and without a search. The zero list
// is empty.
type list[T any] struct {
	first, last *node[T]
	len         int
}

// node is an item's place in a list. An item that can be in several lists has
// several nodes.
type node[T any] struct {
	prev, next *node[T]
	item       T
}

func (l *list[T]) pushBack(n *node[T])  { l.insertAfter(n, l.last) }
func (l *list[T]) pushFront(n *node[T]) { l.insertAfter(n, nil) }

// insertAfter puts n behind at; at nil means at the front.
func (l *list[T]) insertAfter(n, at *node[T]) {
	n.prev = at
	if at == nil {
		n.next, l.first = l.first, n
	} else {
		n.next, at.next = at.next, n
	}
	if n.next == nil {
		l.last = n
	} else {
		n.next.prev = n
	}
	l.len++
}

func (l *list[T]) remove(n *node[T]) {
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
	l.len--
}

// moveBack makes n, which is in the list, its last.
func (l *list[T]) moveBack(n *node[T]) {
	if l.last != n {
		l.remove(n)
		l.pushBack(n)
	}
}

// all yields the items from first to last. The one yielded may be removed.
func (l *list[T]) all(yield func(T) bool) {
	for n := l.first; n != nil; {
		next := n.next
		if !yield(n.item) {
			return
		}
		n = next
	}
}
