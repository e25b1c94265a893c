//! From text to [`Expression`], by recursive descent. Positions in errors count characters from 1.

use serde_json::Number;

use super::{Expression, Literal, Literals, MAX_DEPTH, MAX_LENGTH, MAX_TERMS, Operator};
use crate::scim::path::{self, AttributePath, Resolved, Scope, Unresolved, shortened};
use crate::scim::schema::{AttributeKind, moment};
use crate::scim::{Dialect, ScimError, ScimType, Strays};

mod shape;

const OPERATORS: &str = "an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le)";

/// Parses a whole filter over resources.
pub(super) fn parse(text: &str, scope: Scope, literals: Literals) -> Result<Expression, ScimError> {
    let mut parser = Parser::new(text, scope, literals)?;
    if parser.at_end() {
        return Err(ScimError::bad(
            ScimType::InvalidFilter,
            "The filter is empty; leave the parameter out to get everything.",
        ));
    }
    let expression = parser.either(None)?;
    parser.expect_end("\"and\", \"or\" or the end of the filter")?;
    Ok(expression)
}

/// A path as PATCH has it (RFC 7644 §3.5.2): an attribute, perhaps with a value filter, perhaps
/// with a sub-attribute.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scim) struct ValuePath {
    /// What stands before the bracket.
    pub resolved: Resolved,
    /// What stands inside.
    pub filter: Option<Expression>,
    /// What stands behind: the attribute's sub-attribute.
    pub sub: Option<AttributePath>,
}

/// Parses the `path` of a PATCH operation. `None` where it is well-formed and names what is in no
/// schema, if the dialect has such operations skipped.
pub(in crate::scim) fn parse_value_path(
    text: &str,
    scope: Scope,
    dialect: Dialect,
) -> Result<Option<ValuePath>, ScimError> {
    let invalid_path = |error: ScimError| ScimError {
        scim_type: Some(ScimType::InvalidPath),
        detail: error.detail.replacen("The filter", "The path", 1),
        ..error
    };
    let new = || Parser::new(text, scope, dialect.literals);
    let mut parser = new().map_err(invalid_path)?;
    match parser.value_path() {
        Err(_) if parser.unresolved && dialect.strays == Strays::Skipped => {
            let shape = new().and_then(|mut parser| parser.path_shape());
            shape.map(|()| None)
        }
        parsed => parsed.map(Some),
    }
    .map_err(invalid_path)
}

struct Parser<'a> {
    text: &'a str,
    /// In bytes, always on a character boundary.
    position: usize,
    terms: usize,
    depth: usize,
    scope: Scope,
    literals: Literals,
    /// Whether a name was met that is in no schema.
    unresolved: bool,
}

type Parsed<T> = Result<T, ScimError>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, scope: Scope, literals: Literals) -> Parsed<Self> {
        if text.len() > MAX_LENGTH {
            return Err(ScimError::bad(
                ScimType::InvalidFilter,
                format!("The filter is longer than {MAX_LENGTH} bytes; ask for less at once."),
            ));
        }
        let mut parser = Self {
            text,
            position: 0,
            terms: 0,
            depth: 0,
            scope,
            literals,
            unresolved: false,
        };
        parser.skip_spaces();
        Ok(parser)
    }

    /// `a or b or …`. `within` is the attribute whose value path encloses the expression.
    fn either(&mut self, within: Option<AttributePath>) -> Parsed<Expression> {
        let mut expression = self.both(within)?;
        while self.take_keyword("or") {
            expression = expression.or(self.both(within)?);
        }
        Ok(expression)
    }

    /// `a and b and …`, which binds tighter than `or`.
    fn both(&mut self, within: Option<AttributePath>) -> Parsed<Expression> {
        let mut expression = self.term(within)?;
        while self.take_keyword("and") {
            expression = expression.and(self.term(within)?);
        }
        Ok(expression)
    }

    fn term(&mut self, within: Option<AttributePath>) -> Parsed<Expression> {
        if self.take('(') {
            return self.grouped(within);
        }
        let start = self.position;
        if self.take_keyword("not") {
            if self.take('(') {
                let inner = self.grouped(within)?;
                return Ok(Expression::Not(Box::new(inner)));
            }
            return Err(self.expected("\"(\" after \"not\""));
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("an attribute name"));
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ScimError::bad(
                ScimType::InvalidFilter,
                format!("The filter has more than {MAX_TERMS} comparisons; ask for less at once."),
            ));
        }
        let path = match within {
            Some(attribute) => attribute
                .with_sub(word)
                .map_err(|unresolved| self.unresolved_at(start, &unresolved))?,
            None => self.resolve(word, start)?,
        };
        if within.is_none() && self.take('[') {
            return self.values(path, start);
        }
        self.comparison(path, start)
    }

    /// What follows an opening parenthesis, up to and with the closing one.
    fn grouped(&mut self, within: Option<AttributePath>) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.invalid_at(
                self.position,
                format!("parentheses are nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let expression = self.either(within)?;
        if !self.take(')') {
            return Err(self.expected("\"and\", \"or\" or \")\""));
        }
        self.depth -= 1;
        Ok(expression)
    }

    /// What follows the opening bracket of a value path in a filter. Entra ID's
    /// `emails[type eq "work"].value eq "x"` asks for one value that satisfies both.
    fn values(&mut self, path: AttributePath, start: usize) -> Parsed<Expression> {
        let mut inner = self.bracketed(path, start)?;
        if self.take('.') {
            let sub_start = self.position;
            let sub = self.sub_attribute(path)?;
            inner = inner.and(self.comparison(sub, sub_start)?);
        }
        Ok(Expression::Values {
            path,
            inner: Box::new(inner),
        })
    }

    /// What follows an opening bracket, up to and with the closing one.
    fn bracketed(&mut self, path: AttributePath, start: usize) -> Parsed<Expression> {
        if path.sub.is_some() || !path.attribute.multi_valued {
            return Err(self.invalid_at(
                start,
                format!(
                    "a filter in brackets needs a multi-valued attribute, and \"{path}\" is none"
                ),
            ));
        }
        let inner = self.either(Some(path))?;
        if self.take(']') {
            Ok(inner)
        } else {
            Err(self.expected("\"and\", \"or\" or \"]\""))
        }
    }

    fn sub_attribute(&mut self, path: AttributePath) -> Parsed<AttributePath> {
        let start = self.position;
        let word = self.word();
        path.with_sub(word)
            .map_err(|unresolved| self.unresolved_at(start, &unresolved))
    }

    /// The operator and the literal behind a path.
    fn comparison(&mut self, path: AttributePath, start: usize) -> Parsed<Expression> {
        if path.attribute.is_write_only() {
            return Err(self.invalid_at(start, format!("\"{path}\" cannot be filtered")));
        }
        let operator_start = self.position;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Expression::Present(path));
        }
        let Some(operator) = Operator::from_word(word) else {
            self.position = operator_start;
            return Err(self.expected(OPERATORS));
        };
        let path = path.to_comparable();
        if path.is_complex() {
            return Err(self.invalid_at(
                start,
                format!(
                    "\"{path}\" is complex: name one of its sub-attributes, as in \"{path}.{}\"",
                    path.attribute
                        .sub_attributes
                        .first()
                        .map_or("value", |sub| &sub.name)
                ),
            ));
        }
        let literal_start = self.position;
        let literal = self.literal()?;
        let given = self
            .text
            .get(literal_start..self.position)
            .unwrap_or_default();
        let literal = self.typed(path, operator, literal, given.trim_end(), literal_start)?;
        Ok(Expression::Compare {
            path,
            operator,
            literal,
        })
    }

    /// The literal as the attribute's type has it, or why the two do not go together.
    fn typed(
        &self,
        path: AttributePath,
        operator: Operator,
        literal: Literal,
        given: &str,
        start: usize,
    ) -> Parsed<Literal> {
        let equality = matches!(operator, Operator::Eq | Operator::Ne);
        let partial = matches!(operator, Operator::Co | Operator::Sw | Operator::Ew);
        let unfit = |wanted: &str| {
            Err(self.invalid_at(
                start,
                format!("\"{path}\" can only be compared with {wanted}"),
            ))
        };
        let kind = path.leaf().kind;
        match (kind, literal) {
            (_, Literal::Null) if equality => Ok(Literal::Null),
            (_, Literal::Null) => Err(self.invalid_at(start, "null goes only with eq and ne")),
            (AttributeKind::Boolean, _) if !equality => unfit("eq and ne"),
            (AttributeKind::Boolean, Literal::Boolean(boolean)) => Ok(Literal::Boolean(boolean)),
            (AttributeKind::Boolean, Literal::Text(text)) => {
                if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
                    Ok(Literal::Boolean(text.eq_ignore_ascii_case("true")))
                } else {
                    unfit("true or false")
                }
            }
            (AttributeKind::Boolean, _) => unfit("true or false"),
            (AttributeKind::Integer | AttributeKind::Decimal, Literal::Number(number))
                if !partial =>
            {
                Ok(Literal::Number(number))
            }
            (AttributeKind::Integer | AttributeKind::Decimal, _) => unfit("a number"),
            (AttributeKind::DateTime, Literal::Text(text)) if partial => Ok(Literal::Text(text)),
            (AttributeKind::DateTime, Literal::Text(text)) => match moment(&text) {
                Some(moment) => Ok(Literal::DateTime(text, moment)),
                None => unfit("a date and time such as \"2026-01-31T12:00:00Z\""),
            },
            (AttributeKind::DateTime, _) => unfit("a date and time in quotes"),
            (AttributeKind::Binary, _) if !equality && !partial => unfit("eq, ne, co, sw and ew"),
            (_, Literal::Text(text)) => Ok(Literal::Text(text)),
            // As it was written: a number of twenty digits is still an id.
            _ if self.literals == Literals::BareWords => Ok(Literal::Text(given.to_owned())),
            _ => unfit("a string in quotes"),
        }
    }

    fn literal(&mut self) -> Parsed<Literal> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let start = self.position;
        let bare =
            self.take_while(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '[' | ']' | '"'));
        let literal = match bare {
            "" => return Err(self.expected("a value")),
            _ if bare.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            _ if bare.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            _ if bare.eq_ignore_ascii_case("null") => Literal::Null,
            _ => match serde_json::from_str::<Number>(bare) {
                Ok(number) => Literal::Number(number),
                Err(_) if self.literals == Literals::BareWords => Literal::Text(bare.to_owned()),
                Err(_) => {
                    self.position = start;
                    return Err(self.expected(
                        "a value: a string in double quotes, a number, true, false or null",
                    ));
                }
            },
        };
        Ok(literal)
    }

    /// A JSON string.
    fn quoted(&mut self) -> Parsed<Literal> {
        let start = self.position;
        let mut escaped = false;
        let length = self.rest().char_indices().skip(1).find_map(|(index, c)| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends.then_some(index + 1)
        });
        let Some(length) = length else {
            return Err(self.invalid_at(start, "the string that starts here has no closing quote"));
        };
        let token = self.rest().get(..length).unwrap_or_default();
        match serde_json::from_str(token) {
            Ok(text) => {
                self.position += length;
                self.skip_spaces();
                Ok(Literal::Text(text))
            }
            Err(_) => Err(self.invalid_at(
                start,
                "the string that starts here is not a valid JSON string; escape quotes, backslashes and control characters",
            )),
        }
    }

    fn value_path(&mut self) -> Parsed<ValuePath> {
        let start = self.position;
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("an attribute name"));
        }
        let resolved = path::resolve_anywhere(word, self.scope)
            .map_err(|unresolved| self.unresolved_at(start, &unresolved))?;
        let mut parsed = ValuePath {
            resolved,
            filter: None,
            sub: None,
        };
        if self.take('[') {
            let Resolved::Attribute(attribute) = resolved else {
                return Err(self.invalid_at(start, "a filter in brackets needs an attribute"));
            };
            parsed.filter = Some(self.bracketed(attribute, start)?);
            if self.take('.') {
                parsed.sub = Some(self.sub_attribute(attribute)?);
            }
        }
        self.expect_end("the end of the path")?;
        Ok(parsed)
    }

    fn resolve(&mut self, word: &str, start: usize) -> Parsed<AttributePath> {
        match path::resolve(word, self.scope) {
            Ok(Resolved::Attribute(path)) => Ok(path),
            Ok(_) => Err(self.invalid_at(
                start,
                format!(
                    "{:?} is a schema; name one of its attributes",
                    shortened(word)
                ),
            )),
            Err(unresolved) => Err(self.unresolved_at(start, &unresolved)),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.position += wanted.len_utf8();
            self.skip_spaces();
        }
        found
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.position += length;
        self.skip_spaces();
        rest.get(..length).unwrap_or_default()
    }

    /// A path or an operator.
    fn word(&mut self) -> &'a str {
        self.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '$' | ':' | '.'))
    }

    /// Takes a keyword in any case, if it is the next whole word.
    fn take_keyword(&mut self, keyword: &str) -> bool {
        let start = self.position;
        let found = self.word().eq_ignore_ascii_case(keyword);
        if !found {
            self.position = start;
        }
        found
    }

    fn expect_end(&self, wanted: &str) -> Parsed<()> {
        if self.at_end() {
            Ok(())
        } else {
            Err(self.expected(wanted))
        }
    }

    /// The error that something else was expected at the current position.
    fn expected(&self, wanted: &str) -> ScimError {
        let next = self.rest();
        let found = if next.is_empty() {
            "the end".to_owned()
        } else {
            let length = next
                .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']'))
                .filter(|&length| length > 0)
                .unwrap_or_else(|| {
                    let brackets: &[char] = &['(', ')', '[', ']'];
                    if next.starts_with(brackets) {
                        1
                    } else {
                        next.len()
                    }
                });
            format!("{:?}", shortened(next.get(..length).unwrap_or_default()))
        };
        self.invalid_at(self.position, format!("expected {wanted}, found {found}"))
    }

    fn unresolved_at(&mut self, position: usize, unresolved: &Unresolved) -> ScimError {
        self.unresolved = true;
        self.invalid_at(position, unresolved.to_string())
    }

    fn invalid_at(&self, position: usize, reason: impl AsRef<str>) -> ScimError {
        let before = self.text.get(..position).unwrap_or(self.text);
        ScimError::bad(
            ScimType::InvalidFilter,
            format!(
                "The filter is not valid at character {}: {}.",
                before.chars().count() + 1,
                reason.as_ref()
            ),
        )
    }
}
