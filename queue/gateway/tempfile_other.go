//go:build !unix

package gateway

import "os"

// privateFile makes a file of the user's own. Its name stays until it is dropped:
// an open file cannot be removed here.
func privateFile(dir string) (*os.File, error) { return os.CreateTemp(dir, "paceline-*") }

func dropFile(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}
