package harness

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Peers is the Python side: an interpreter that has the pinned packages, a folder with worker.py and that of the data.
type Peers struct {
	Python, Source, Data string
}

// MakePeers copies the sources to a temporary folder, which Close removes, and, if python is "", finds the virtual environment of
// the pinned packages in the folder cache or makes it.
func MakePeers(cache, python, data string, source fs.FS) (Peers, error) {
	p := Peers{Python: python, Data: data}
	var err error
	if p.Source, err = os.MkdirTemp("", "gopherwood-peers"); err != nil {
		return p, err
	}
	if err := os.CopyFS(p.Source, source); err != nil {
		return p, err
	}
	if python != "" {
		return p, nil
	}
	venv := filepath.Join(cache, "venv")
	p.Python = filepath.Join(venv, "bin", "python")
	done := filepath.Join(venv, "requirements.txt")
	pinned, err := os.ReadFile(filepath.Join(p.Source, "requirements.txt"))
	if err != nil {
		return p, err
	}
	if have, err := os.ReadFile(done); err == nil && string(have) == string(pinned) {
		return p, nil
	}
	if err := command("python3", "-m", "venv", venv); err != nil {
		return p, err
	}
	if err := command(p.Python, "-m", "pip", "install", "-q", "-r", filepath.Join(p.Source, "requirements.txt")); err != nil {
		return p, err
	}
	return p, os.WriteFile(done, pinned, 0o644)
}

// Close removes the copy of the sources.
func (p Peers) Close() error { return os.RemoveAll(p.Source) }

// MakeData makes the data sets that are not there yet.
func (p Peers) MakeData(names []string) error {
	return command(p.Python, append([]string{filepath.Join(p.Source, "worker.py"), p.Data, "--make"}, names...)...)
}

// Start runs a peer's worker.
func (p Peers) Start(threads int) (Asker, error) {
	return Start(Environment(os.Environ(), threads), p.Python, filepath.Join(p.Source, "worker.py"), p.Data)
}

func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}
