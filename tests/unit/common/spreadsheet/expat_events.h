// What EXPAT makes of XML, and what the scanner does, in one form.
#pragma once

#include <string>
#include <string_view>

namespace sluice::spreadsheet {

// The events as text: `(name attribute=value ...)`, text, `)`. Names are local names, attributes in
// the order of the document. "refused" when the XML is.
std::string ExpatEvents(std::string_view xml);
// In reads of at most `most` bytes.
std::string ScannerEvents(std::string_view xml, size_t most);

// True when the two may differ here: a document type, names with letters outside ASCII, an XML
// declaration that is out of the ordinary.
bool MayDiffer(std::string_view xml);

}  // namespace sluice::spreadsheet
