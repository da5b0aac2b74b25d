package list

import (
	"fmt"
	"testing"
)

// of returns a list of items, and the node of each.
func of(items ...string) (*List[string], map[string]*Node[string]) {
	l, nodes := &List[string]{}, map[string]*Node[string]{}
	for _, item := range items {
		nodes[item] = &Node[string]{Item: item}
		l.PushBack(nodes[item])
	}
	return l, nodes
}

// items returns the items forwards, and checks that they are the same backwards.
func items(t *testing.T, l *List[string]) string {
	t.Helper()
	var forwards, backwards []string
	for item := range l.All {
		forwards = append(forwards, item)
	}
	for n := l.Last; n != nil; n = n.Prev {
		backwards = append([]string{n.Item}, backwards...)
	}
	if fmt.Sprint(forwards) != fmt.Sprint(backwards) || l.Len != len(forwards) {
		t.Errorf("forwards %v, backwards %v, length %d", forwards, backwards, l.Len)
	}
	return fmt.Sprint(forwards)
}

func TestAList(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(l *List[string], nodes map[string]*Node[string])
		want   string
	}{
		{"as it was", func(*List[string], map[string]*Node[string]) {}, "[a b c]"},
		{"one more at the front", func(l *List[string], _ map[string]*Node[string]) { l.PushFront(&Node[string]{Item: "x"}) }, "[x a b c]"},
		{"one more in the middle", func(l *List[string], n map[string]*Node[string]) { l.InsertAfter(&Node[string]{Item: "x"}, n["a"]) }, "[a x b c]"},
		{"without the first", func(l *List[string], n map[string]*Node[string]) { l.Remove(n["a"]) }, "[b c]"},
		{"without the middle", func(l *List[string], n map[string]*Node[string]) { l.Remove(n["b"]) }, "[a c]"},
		{"without the last", func(l *List[string], n map[string]*Node[string]) { l.Remove(n["c"]) }, "[a b]"},
		{"the first becomes the last", func(l *List[string], n map[string]*Node[string]) { l.MoveBack(n["a"]) }, "[b c a]"},
		{"the last stays the last", func(l *List[string], n map[string]*Node[string]) { l.MoveBack(n["c"]) }, "[a b c]"},
		{"each is removed as it comes", func(l *List[string], n map[string]*Node[string]) {
			for item := range l.All {
				l.Remove(n[item])
			}
		}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, nodes := of("a", "b", "c")
			c.change(l, nodes)
			if got := items(t, l); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTheMarkGoesOnWhenItsItemIsRemoved(t *testing.T) {
	l, nodes := of("a", "b", "c", "d")
	l.Mark = nodes["b"]
	l.Remove(nodes["a"])
	l.Remove(nodes["b"])
	if l.Mark != nodes["c"] {
		t.Fatalf("it is at %v, want c", l.Mark)
	}
	l.MoveBack(nodes["c"]) // c is to come again
	if l.Mark != nodes["d"] {
		t.Fatalf("it is at %v, want d", l.Mark)
	}
	l.Remove(nodes["d"])
	l.Remove(nodes["c"])
	if l.Mark != nil {
		t.Errorf("it is at %v, and the list is empty", l.Mark)
	}
}
