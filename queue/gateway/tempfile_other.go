//go:build !unix

package gateway

import "os"

// privateFile creates a file of the user's own. Its name remains until it is
// dropped, because an open file cannot be removed here.
func privateFile(dir string) (*os.File, error) { return os.CreateTemp(dir, "paceline-*") }

func dropFile(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}
