package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// scrollView is a view that is one list to scroll, without what the list shows.
type scrollView struct {
	scroll scrollKeys
	list   blockList
	top    int // the first line in sight
}

func newScrollView() scrollView { return scrollView{scroll: newScrollKeys("last")} }

// open shows the list from its top.
func (v *scrollView) open() { v.top = 0 }

// fit takes the list as it is now, and keeps the top line among its lines.
func (v *scrollView) fit(l blockList) { v.list, v.top = l, l.clamp(v.top) }

// help lists the keys of the view, with those that it has beside the list.
func (v *scrollView) help(g *globalKeys, more ...key.Binding) viewHelp {
	return pageHelp(g, slices.Concat(more, []key.Binding{v.scroll.Up, v.scroll.Down}, v.scroll.far()))
}

// pageHelp is the help of a view that has these keys of its own.
func pageHelp(g *globalKeys, own []key.Binding) viewHelp {
	scroll := newScrollKeys("")
	moves := func(b key.Binding) bool { // up, down and further: one tries them without being told
		return slices.ContainsFunc(slices.Concat([]key.Binding{scroll.Up, scroll.Down}, scroll.far()), func(k key.Binding) bool { return slices.Equal(k.Keys(), b.Keys()) })
	}
	return viewHelp{
		footer: slices.Concat([]key.Binding{g.Help, g.Back}, slices.DeleteFunc(slices.Clone(own), moves), []key.Binding{g.Copy}),
		own:    own, back: g.Back, shared: g.everywhere(), note: alwaysLive,
	}
}

// backHelp is the help of a view that follows the overview back in time, and is scrolled by
// these keys.
func backHelp(g *globalKeys, moves []key.Binding) viewHelp {
	return viewHelp{
		footer: slices.Concat(g.backFooter(), []key.Binding{g.Help, g.Back, g.Copy}),
		own:    slices.Concat(g.back(), moves), back: g.Back, shared: g.everywhere(),
	}
}

// press takes a key that scrolls.
func (v *scrollView) press(msg tea.KeyPressMsg) bool {
	switch k := v.scroll; {
	case matches(msg, k.Up):
		v.top = v.list.up(v.top)
	case matches(msg, k.Down):
		v.top = v.list.down(v.top)
	case matches(msg, k.PageUp):
		v.top = v.list.pageUp(v.top)
	case matches(msg, k.PageDown):
		v.top += v.list.rows
	case matches(msg, k.Top):
		v.top = 0
	case matches(msg, k.Bottom):
		v.top = v.list.total
	default:
		return false
	}
	return true
}
