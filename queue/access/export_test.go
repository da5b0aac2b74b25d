package access

import "net"

// LookNow makes the next request look at the file of tokens.
func LookNow(t *Tokens) { t.file.nextCheck.Store(0) }

// Counted returns how many addresses a listener of [Limit] keeps count of.
func Counted(ln net.Listener) int {
	l := ln.(*limitedListener)
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// Asked reports whether requests need a token.
func (t *Tokens) Asked() bool { return t.current().exists }
