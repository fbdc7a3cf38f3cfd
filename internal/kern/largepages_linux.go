package kern

import "syscall"

// adviseLarge takes no notice of an error: it is a kernel without large pages, and all is as it was.
func adviseLarge(x []byte) { _ = syscall.Madvise(x, syscall.MADV_HUGEPAGE) }
