"""The loss of distillation, by PyTorch in float64: T² times the divergence from the teacher's softmax, by a share, and the cross-entropy of the classes. Logits are multiples of 1/64."""

import numpy as np
import torch
import torch.nn.functional as F
from common import write

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(20261128)
cases = []
for temperature, share in ((1, 0.5), (4, 0.9), (2.5, 1), (20, 0.1)):
    teacher, student = (torch.tensor(rng.integers(-256, 256, size=(4, 5)) / 64) for _ in range(2))
    classes = torch.tensor(rng.integers(0, 5, size=4))
    student.requires_grad_(True)
    soft = F.kl_div(F.log_softmax(student / temperature, 1), F.log_softmax(teacher / temperature, 1), log_target=True, reduction="none").sum(1)
    rows = share * temperature**2 * soft + (1 - share) * F.cross_entropy(student, classes, reduction="none")
    rows.mean().backward()
    cases.append({"temperature": temperature, "share": share, "teacher": teacher.flatten().tolist(), "student": student.flatten().tolist(), "classes": classes.tolist(),
                  "rows": rows.tolist(), "gradient": student.grad.flatten().tolist()})
write("nn/testdata/torch_distill.json", {"cases": cases}, __file__)
