package golden

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// madeBy is the key under which common.py writes where a golden file comes from.
const madeBy = "made_by"

// checkAll returns a complaint for each golden file under root that does not say who made it, names a script that is
// not there, or was made with another version of a library than requirements.txt pins. A golden file is any .json in a
// testdata folder, fuzzing corpora excepted.
func checkAll(root string) (files int, complaints []string, err error) {
	pins, err := readPins(filepath.Join(root, "internal", "golden", "requirements.txt"))
	if err != nil {
		return 0, nil, err
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if name := entry.Name(); rel != "." && strings.HasPrefix(name, ".") || strings.HasSuffix(rel, "testdata/fuzz") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.Contains("/"+rel, "/testdata/") || !strings.HasSuffix(rel, ".json") {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if complaint := checkMaker(root, text, pins); complaint != "" {
			complaints = append(complaints, rel+": "+complaint)
		}
		return nil
	})
	return files, complaints, err
}

// checkMaker says what is wrong with the provenance of one golden file, "" if nothing is.
func checkMaker(root string, text []byte, pins map[string]string) string {
	var file struct {
		MadeBy map[string]string `json:"made_by"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return fmt.Sprintf("its %s cannot be read: %v", madeBy, err)
	}
	script := file.MadeBy["script"]
	if script == "" || file.MadeBy["python"] == "" {
		return "does not name the script and the Python that made it; write it with internal/golden/common.py"
	}
	if !filepath.IsLocal(script) {
		return fmt.Sprintf("made by %s, which is not a path in the repository", script)
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(script))); err != nil {
		return fmt.Sprintf("made by %s, which does not exist", script)
	}
	for name, version := range file.MadeBy {
		if pin, ok := pins[strings.ToLower(name)]; ok && pin != version {
			return fmt.Sprintf("made with %s %s, but requirements.txt pins %s", name, version, pin)
		}
	}
	return ""
}

// readPins reads the versions of a requirements file.
func readPins(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pins := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if name, version, ok := strings.Cut(strings.TrimSpace(line), "=="); ok {
			pins[strings.ToLower(name)] = version
		}
	}
	return pins, nil
}
