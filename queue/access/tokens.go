package access

import "fmt"

// Tokens are the gateway tokens as a running server knows them. They follow
// their file within a second, so that a revoked token ends without a restart. It
// is safe for concurrent use; a nil *Tokens holds none.
type Tokens struct {
	file *reloaded[tokenList]
}

// OpenTokens reads the file of tokens. One that is not there holds none until
// somebody makes one; one that cannot be read or understood is an error, which
// says what to do.
//
// When later on it cannot be read, or is gone, the tokens known so far go on
// counting: nobody is let in because a file was lost. report is then told, once
// for each problem, on the goroutine of some request; nil is nobody.
func OpenTokens(file TokenFile, report func(error)) (*Tokens, error) {
	read := func(old *tokenList) (*tokenList, error) {
		l, err := file.read()
		switch {
		case err != nil && old != nil:
			return nil, fmt.Errorf("%w; until then the tokens known so far count", err)
		case err == nil && old != nil && old.made && !l.made:
			return nil, fmt.Errorf("access: the file of tokens is gone: %s: the tokens known so far count; put it back, or restart to serve without", file)
		}
		return l, err
	}
	r, err := reload(read, report, string(file))
	if err != nil {
		return nil, err
	}
	return &Tokens{r}, nil
}

// Asked reports whether requests need a token: whether one was ever made. To
// revoke the last one closes the gateway and does not open it.
func (t *Tokens) Asked() bool { return t.current().made }

// Len returns how many tokens there are.
func (t *Tokens) Len() int { return len(t.current().tokens) }

// current returns the list as it is now.
func (t *Tokens) current() *tokenList {
	if t == nil {
		return &tokenList{}
	}
	return t.file.get()
}
