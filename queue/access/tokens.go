package access

import "fmt"

// Tokens are the gateway tokens of a running server. They follow their file within
// a second, so that a token can be revoked without a restart. It is safe for
// concurrent use; a nil *Tokens is empty.
type Tokens struct {
	file *reloader[tokenList]
}

// OpenTokens reads the token file. A missing file has no tokens until one is made;
// one that cannot be read or understood is an error, which says what to do.
//
// If the file later cannot be read, or is gone, the known tokens stay valid, so
// that a lost file lets nobody in. OpenTokens then calls report, once for each
// problem, on the goroutine of a request; report may be nil.
func OpenTokens(file TokenFile, report func(error)) (*Tokens, error) {
	read := func(old *tokenList) (*tokenList, error) {
		l, err := file.read()
		switch {
		case err != nil && old != nil:
			return nil, fmt.Errorf("%w; until then the tokens known so far count", err)
		case err == nil && old != nil && old.exists && !l.exists:
			return nil, fmt.Errorf("access: the file of tokens is gone: %s: the tokens known so far count; put it back, or restart to serve without", file)
		}
		return l, err
	}
	r, err := newReloader(read, report, string(file))
	if err != nil {
		return nil, err
	}
	return &Tokens{r}, nil
}

// Len returns how many tokens there are.
func (t *Tokens) Len() int { return len(t.current().tokens) }

// current returns the present list.
func (t *Tokens) current() *tokenList {
	if t == nil {
		return &tokenList{}
	}
	return t.file.get()
}
