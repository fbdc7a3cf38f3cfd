package text

import "time"

// boolean parses the words that make a column of truth values on sight: true and false, in lower case, upper case or
// capitalised.
func boolean(b []byte) (float64, bool) {
	switch string(b) {
	case "true", "True", "TRUE":
		return 1, true
	case "false", "False", "FALSE":
		return 0, true
	}
	return 0, false
}

// declaredBool parses what a column declared as truth values may hold besides.
func declaredBool(b []byte) (float64, bool) {
	for _, w := range [...]string{"true", "t", "yes", "y", "on", "1"} {
		if fold(b, w) {
			return 1, true
		}
	}
	for _, w := range [...]string{"false", "f", "no", "n", "off", "0"} {
		if fold(b, w) {
			return 0, true
		}
	}
	return 0, false
}

// instant parses a date or a time as RFC 3339 and ISO 8601 write them: "2024-05-17", "2024-05-17T08:30:00Z",
// "2024-05-17 08:30:00.25+02:00", "2024-05-17 08:30". Without a zone it is UTC. The result is in seconds since
// 1970-01-01 UTC.
func instant(b []byte) (float64, bool) {
	if len(b) < len("2024-05-17") || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	year, month, day := decimal(b[:4]), decimal(b[5:7]), decimal(b[8:10])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	sec := float64(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix())
	if b = b[10:]; len(b) == 0 {
		return sec, true
	}
	if len(b) < len("T08:30") || (b[0] != 'T' && b[0] != 't' && b[0] != ' ') || b[3] != ':' {
		return 0, false
	}
	hour, minute, rest := decimal(b[1:3]), decimal(b[4:6]), b[6:]
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	sec += float64(hour*3600 + minute*60)
	part := 0.0
	if len(rest) > 0 && rest[0] == ':' {
		var ok bool
		if part, rest, ok = seconds(rest[1:]); !ok {
			return 0, false
		}
	}
	offset, ok := zone(rest)
	return sec - offset + part, ok
}

// seconds parses "07" or "07.25" and returns what follows.
func seconds(b []byte) (float64, []byte, bool) {
	if len(b) < 2 {
		return 0, nil, false
	}
	n := 2
	if len(b) > 3 && b[2] == '.' && b[3]-'0' < 10 {
		for n = 4; n < len(b) && b[n]-'0' < 10; n++ {
		}
	}
	v, looks := number(b[:n], '.')
	if decimal(b[:2]) < 0 || decimal(b[:2]) > 59 || looks == notNumber {
		return 0, nil, false
	}
	return v, b[n:], true
}

// zone parses "", "Z" and "+02:00" into seconds east of UTC.
func zone(b []byte) (float64, bool) {
	switch {
	case len(b) == 0, len(b) == 1 && (b[0] == 'Z' || b[0] == 'z'):
		return 0, true
	case len(b) != len("+02:00") || b[3] != ':' || (b[0] != '+' && b[0] != '-'):
		return 0, false
	}
	hour, minute := decimal(b[1:3]), decimal(b[4:6])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	off := float64(hour*3600 + minute*60)
	if b[0] == '-' {
		off = -off
	}
	return off, true
}

// decimal parses a few digits, and gives -1 for anything else.
func decimal(b []byte) int {
	n := 0
	for _, c := range b {
		if c-'0' >= 10 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
