"""docs/escrow.md has the vectors that its formulas give, written a second time in escrow_math.py.

That the program gives the same ones is test/unit/kms/test_escrow_vectors.c.
"""

import os
import pathlib
import unittest

import escrow_math as em
import vectors

SOURCE = pathlib.Path(os.environ.get("KEYROSTER_SOURCE", pathlib.Path(__file__).parents[2]))


class Vectors(unittest.TestCase):
    def test_the_document_has_them(self):
        self.assertIn(vectors.as_text(), (SOURCE / "docs" / "escrow.md").read_text())

    def test_a_proof_serves_one_context(self):
        curve, coefficients = em.P256, [5, 3]
        committed = em.commitments(curve, coefficients)
        point = curve.multiply(7)
        made = em.partial(curve, committed[0], 2, 11, point, b"a", 9)
        self.assertEqual(em.check(curve, committed, point, b"a", made), curve.multiply(77))
        with self.assertRaises(ValueError):
            em.check(curve, committed, point, b"b", made)


if __name__ == "__main__":
    unittest.main()
