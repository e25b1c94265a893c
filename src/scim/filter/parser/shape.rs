//! Whether a PATCH path that names nothing in the schema is well-formed all the same (RFC 7644
//! §3.5.2 figure 7). Types cannot be checked: there are none.

use super::{MAX_DEPTH, OPERATORS, Operator, Parsed, Parser};

impl Parser<'_> {
    /// A whole path.
    pub(super) fn path_shape(&mut self) -> Parsed<()> {
        self.name_shape()?;
        if self.take('[') {
            self.filter_shape()?;
            if !self.take(']') {
                return Err(self.expected("\"and\", \"or\" or \"]\""));
            }
            if self.take('.') {
                self.name_shape()?;
            }
        }
        self.expect_end("the end of the path")
    }

    fn filter_shape(&mut self) -> Parsed<()> {
        loop {
            let negated = self.take_keyword("not");
            if self.take('(') {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    let reason = format!("parentheses are nested deeper than {MAX_DEPTH} levels");
                    return Err(self.invalid_at(self.position, reason));
                }
                self.filter_shape()?;
                if !self.take(')') {
                    return Err(self.expected("\"and\", \"or\" or \")\""));
                }
                self.depth -= 1;
            } else if negated {
                return Err(self.expected("\"(\" after \"not\""));
            } else {
                self.comparison_shape()?;
            }
            if !self.take_keyword("and") && !self.take_keyword("or") {
                return Ok(());
            }
        }
    }

    fn comparison_shape(&mut self) -> Parsed<()> {
        self.name_shape()?;
        let start = self.position;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(());
        }
        if Operator::from_word(word).is_none() {
            self.position = start;
            return Err(self.expected(OPERATORS));
        }
        self.literal().map(drop)
    }

    /// A name as RFC 7643 §2.1 has it, perhaps behind a URN, perhaps with a sub-attribute.
    fn name_shape(&mut self) -> Parsed<()> {
        let start = self.position;
        let word = self.word();
        let fits = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && word.is_ascii()
            && word.split(['.', ':']).all(|part| !part.is_empty());
        if fits {
            Ok(())
        } else {
            self.position = start;
            Err(self.expected("an attribute name"))
        }
    }
}
