package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSegmentsAreFoundAndDrawn(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	require.NoError(t, run(context.Background(), &out, folder))
	require.Contains(t, out.String(), "segments by the least BIC")
	picture, err := os.ReadFile(filepath.Join(folder, "segments.svg"))
	require.NoError(t, err)
	circles := 0
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if e, is := token.(xml.StartElement); is && e.Name.Local == "circle" {
			circles++
		}
	}
	require.Equal(t, 210, circles, "one for each traveller")
}
