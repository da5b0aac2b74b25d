// Package list has a doubly linked list whose nodes live inside their items: an item
// leaves any place of any list in constant time, and nothing is allocated.
package list

// List is a doubly linked list. The zero List is empty.
type List[T any] struct {
	First, Last *Node[T]
	Len         int

	// Mark is where somebody stands who goes through the list, and lets it change
	// meanwhile: if the item there is removed, Mark goes on to the next one. Nil: nowhere.
	Mark *Node[T]
}

// Node is an item's place in a list. An item that can be in several lists has
// several nodes.
type Node[T any] struct {
	Prev, Next *Node[T]
	Item       T
}

// PushBack makes n, which is in no list, the last.
func (l *List[T]) PushBack(n *Node[T]) { l.InsertAfter(n, l.Last) }

// PushFront makes n, which is in no list, the first.
func (l *List[T]) PushFront(n *Node[T]) { l.InsertAfter(n, nil) }

// InsertAfter puts n, which is in no list, behind at; at nil means at the front.
func (l *List[T]) InsertAfter(n, at *Node[T]) {
	n.Prev = at
	if at == nil {
		n.Next, l.First = l.First, n
	} else {
		n.Next, at.Next = at.Next, n
	}
	if n.Next == nil {
		l.Last = n
	} else {
		n.Next.Prev = n
	}
	l.Len++
}

// Remove takes n, which is in the list, out.
func (l *List[T]) Remove(n *Node[T]) {
	if l.Mark == n {
		l.Mark = n.Next
	}
	if n.Prev == nil {
		l.First = n.Next
	} else {
		n.Prev.Next = n.Next
	}
	if n.Next == nil {
		l.Last = n.Prev
	} else {
		n.Next.Prev = n.Prev
	}
	n.Prev, n.Next = nil, nil
	l.Len--
}

// MoveBack makes n, which is in the list, its last.
func (l *List[T]) MoveBack(n *Node[T]) {
	if l.Last != n {
		l.Remove(n)
		l.PushBack(n)
	}
}

// All yields the items from first to last. The one yielded may be removed.
func (l *List[T]) All(yield func(T) bool) {
	for n := l.First; n != nil; {
		next := n.Next
		if !yield(n.Item) {
			return
		}
		n = next
	}
}
